"""What screens and services read: functions of a connection that return plain rows."""
