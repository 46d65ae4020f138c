"""Pages for people: figures in, HTML out."""
