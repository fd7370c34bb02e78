"""``python -m erp_sandbox`` is the same as ``erp-sandbox``."""

from erp_sandbox.cli import main

if __name__ == "__main__":
    main()
