"""`StoreContract`: what every store driver must do, as a test class to inherit from.

```python
from pathlib import Path

import pytest

from helmert.testing.stores import StoreContract


class TestMyStore(StoreContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/vectors.db"
```

The URL names an empty place, and the driver is found through its entry point. A package that is not installed
gives `entry_points` itself. What a driver cannot do it declares in its `CAPABILITIES`; the contract then
asserts what it does instead, so that a declaration that is no longer true fails too.

Needs pytest and hypothesis.
"""

from helmert.testing.stores.congruence import CongruenceContract
from helmert.testing.stores.lifecycle import LifecycleContract
from helmert.testing.stores.processes import ProcessContract
from helmert.testing.stores.ranking import RankingContract
from helmert.testing.stores.reading import ReadingContract
from helmert.testing.stores.refusals import RefusalContract
from helmert.testing.stores.searching import SearchContract
from helmert.testing.stores.setting import StoreSetting
from helmert.testing.stores.sharing import SharingContract
from helmert.testing.stores.writing import WritingContract

__all__ = ["StoreContract", "StoreSetting"]


class StoreContract(
    LifecycleContract,
    WritingContract,
    RefusalContract,
    ReadingContract,
    SearchContract,
    RankingContract,
    CongruenceContract,
    SharingContract,
    ProcessContract,
):
    """All promises of `VectorStore`. Subclasses give a fixture `url`."""
