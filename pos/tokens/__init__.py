"""STS electricity tokens (IEC 62055-41), computed without any input or output."""
