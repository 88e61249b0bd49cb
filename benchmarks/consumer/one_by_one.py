"""The provisioning service with one transaction per message: nothing else differs."""

from __future__ import annotations

from chassis import consumers
from services.provisioning.main import main

if __name__ == "__main__":
    consumers.MAX_RECORDS = 1
    main()
