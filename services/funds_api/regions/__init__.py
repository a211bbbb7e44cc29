"""The places of the country, by statistical code: public reference data every other row points to."""
