"""What every widget shares with its page: the bundle, messages, pictures to come."""
