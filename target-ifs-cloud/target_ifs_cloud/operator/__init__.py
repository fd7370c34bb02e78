"""The command ``procurify-ifs`` for the people who look after the flow."""
