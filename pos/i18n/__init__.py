"""Languages: translated texts, and money, numbers and dates as each language writes them."""
