"""What a platform decides: eligibility of rooms, ranking of products, exposure."""
