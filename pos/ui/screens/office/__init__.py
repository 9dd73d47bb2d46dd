"""Head office from a till: tills, people, sessions."""
