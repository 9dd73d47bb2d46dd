"""The use cases: every public function is one thing a person does."""
