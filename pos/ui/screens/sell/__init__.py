"""The Sell screen: find, confirm, price, pay, hand over."""
