"""How strong the tests are: the product changed in one place at a time: `make mutation`."""
