"""What a shopper sees: scales, claims, labels."""
