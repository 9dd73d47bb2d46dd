"""What the server does: one public function is one thing a person, a till or a job does."""
