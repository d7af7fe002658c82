"""The sellers' web inbox: their cases, the photos large, and what they do about them."""
