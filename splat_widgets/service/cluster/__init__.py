"""The service's storage by address, kept apart from the machine that serves."""
