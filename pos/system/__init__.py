"""The machine under the till: paths, secrets, clock, logs and libraries."""
