"""Treasury orders (支付令): the one way from a quota to cash, and what the bank made of each."""
