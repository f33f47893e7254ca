"""The Lance tables of one folder: finding, making and dropping them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from helmert.stores.base import IndexSpec
from helmert.stores.drivers.lancedb.failures import client_errors, is_missing, is_taken
from helmert.stores.drivers.lancedb.layout import arrow_schema, is_ours
from helmert.stores.guards import missing_index, name_taken

if TYPE_CHECKING:
    import pyarrow as pa
    from lancedb import AsyncConnection, AsyncTable


class Tables:
    """Opened tables by name. All methods run on the store's event loop."""

    def __init__(self, database: AsyncConnection) -> None:
        self._database = database
        self._opened: dict[str, AsyncTable] = {}

    @classmethod
    async def of(cls, folder: Path) -> Self:
        """The tables in a folder, which is made if it is new."""
        import lancedb

        # Without an interval of zero a handle would never see what other processes write.
        return cls(await lancedb.connect_async(folder, read_consistency_interval=timedelta(0)))

    async def open(self, name: str) -> tuple[AsyncTable, pa.Schema]:
        """The table and its newest schema. Raises `NotFound`.

        A table stays open between calls. Reading its schema takes a fraction of a millisecond and notices
        when another process changed it, or dropped it and made another of the same name.
        """
        try:
            table = await self._handle(name)
            return table, await table.schema()
        except client_errors() as error:
            if not is_missing(error):
                raise
            raise missing_index(name, await self.names()) from error

    async def names(self) -> list[str]:
        """Names of all tables that Helmert made, sorted."""
        found: list[str] = []
        token = None
        while True:
            page = await self._database.list_tables(page_token=token)
            found += page.tables
            token = page.page_token
            if not token:
                return sorted([name for name in found if await self._is_ours(name)])

    async def create(self, spec: IndexSpec) -> None:
        """Make an empty table. Raises `StoreFailure` when the name is taken."""
        try:
            self._opened[spec.name] = await self._database.create_table(spec.name, schema=arrow_schema(spec))
        except client_errors() as error:
            if is_taken(error):
                raise name_taken(spec.name) from error
            raise

    async def drop(self, name: str) -> None:
        """Remove a table. Raises `NotFound`."""
        await self.open(name)
        await self._database.drop_table(name, ignore_missing=True)
        self._opened.pop(name, None)

    def close(self) -> None:
        """Let go of all tables and of the folder."""
        self._opened.clear()
        self._database.close()  # type: ignore[no-untyped-call]

    async def _handle(self, name: str) -> AsyncTable:
        if name not in self._opened:
            self._opened[name] = await self._database.open_table(name)
        return self._opened[name]

    async def _is_ours(self, name: str) -> bool:
        try:
            return is_ours(await (await self._handle(name)).schema())
        except client_errors() as error:
            if is_missing(error):
                return False  # dropped since the names were listed
            raise
