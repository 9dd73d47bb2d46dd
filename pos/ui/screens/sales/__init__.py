"""The Sales screen: past sales with filters, one in full, papers again, cases, refunds, export."""
