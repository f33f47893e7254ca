"""The protocol a vector database must speak, and the values that cross it.

How to write a driver
---------------------
1. One module with a class that has the methods of `VectorStore`, a constant `CAPABILITIES`, and a function
   `open_store(url: str, base: Path) -> VectorStore`. `base` is the folder relative paths start from; drivers
   of databases on disk read their path with `helmert.stores.urls.local_path`.
2. `open_store` is registered under the URL's scheme in the entry-point group `helmert.stores`. The client
   library is imported inside it, and its `ImportError` becomes `MissingExtra`; the module itself must import
   without the client, because `helmert.stores.discovery.capabilities` reads `CAPABILITIES` from it.
3. `helmert.stores.guards` has the checks that must be equal everywhere (rows, queries, filters, spaces). Call
   them before anything is sent.
4. A test of a few lines that runs `helmert.testing.stores.StoreContract` against it.

Rules that the contract checks:

* A driver maps every exception of its client to `StoreBusy` (try again) or `StoreFailure` (do not).
* It does not correct the caller, read the environment, retry for ever, log, or know about aliases.
* `upsert` and `search` carry the hash of the space the vectors belong to. If the index holds another space
  the driver raises `DifferentSpace` before it changes anything. Equal dimensions prove nothing.
* Writes are visible to every process when the call returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self

from helmert.spaces.naming import Alphabet
from helmert.types import Hit, Metadata, Scalar, Vectors

FieldType = Literal["text", "int", "float", "bool"]
"""Type of a metadata field that searches may filter on."""

Filter = Mapping[str, Scalar | Sequence[Scalar]]
"""A conjunction: each named field equals the value, or one of the values when a list is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a store can do, as plain data that is readable without its client library."""

    alphabet: Alphabet
    """Which characters and lengths an index name may have."""

    consistent_scan: bool
    """`scan` sees one moment of the index even while others write."""

    approximate: bool
    """`optimise` may build an approximate index, so `search(exact=True)` differs from `search()`."""

    shared: bool
    """Several processes may read and write at the same time."""

    keeps_norms: bool
    """A stored vector comes back with the length it was given, not scaled to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A batch of stored rows, as columns: row i is the i-th entry of each."""

    ids: Sequence[str]
    vectors: Vectors | None
    """Shape (n, dims), or None when a scan or fetch was asked for no vectors."""
    texts: Sequence[str]
    hashes: Sequence[str]
    """`helmert.types.content_hash` of the text each vector was made from."""
    metadata: Sequence[Metadata]
    spaces: Sequence[str] | None = None
    """`EmbeddingSpace.vector_hash` that each row was written with. `fetch` and `scan` fill it from the rows
    themselves, not from the index. `upsert` stamps every row with its `space` argument; a batch that says
    something else here is refused, so leave it None for newly embedded rows."""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSpec:
    """What an index is created with; kept by the store beside the rows."""

    name: str
    dims: int
    space: str
    """`EmbeddingSpace.vector_hash` of the only space whose vectors may enter."""
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    """Metadata fields that searches may filter on. Other metadata is kept and returned, not searchable.
    A row may lack a declared field and then matches no filter on it; a value of another type is refused."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Free facts about the index: model, created at, by which version. `update_metadata` merges into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexInfo:
    """What `describe` finds: the spec as the store keeps it, and the present state."""

    spec: IndexSpec
    rows: int
    approximate: bool
    """An approximate index exists and plain searches use it."""


class VectorStore(Protocol):
    """A vector database, seen through the operations that every one of them can promise."""

    @property
    def capabilities(self) -> Capabilities:
        """What this store can do."""

    def create_index(self, spec: IndexSpec) -> None:
        """Create an empty index. Raises `StoreFailure` for a taken name, `BadName` for an impossible one."""

    def list_indexes(self) -> Sequence[str]:
        """Names of all indexes, sorted."""

    def describe(self, name: str) -> IndexInfo:
        """Spec, exact number of rows and state. Raises `NotFound`."""

    def update_metadata(self, name: str, patch: Mapping[str, str]) -> None:
        """Merge facts into the index's metadata; keys that are not named stay as they are."""

    def upsert(self, name: str, rows: Rows, *, space: str) -> None:
        """Insert or replace rows by id. All or nothing for one call; the last row wins for an id given twice.

        Raises `DifferentSpace` when `space` is not the index's or the rows say they are of another one,
        `GarbageVectors` for a wrong shape or type, NaN, infinity or a vector without direction,
        `StoreFailure` for metadata that cannot be kept. Nothing is written in any of these cases.
        """

    def delete(self, name: str, ids: Sequence[str]) -> None:
        """Remove rows by id; ids that do not exist are ignored."""

    def fetch(self, name: str, ids: Sequence[str], *, with_vectors: bool = False) -> Rows:
        """Rows that exist among `ids`, in the order of `ids`, each once."""

    def scan(self, name: str, *, batch: int = 1000, with_vectors: bool = False) -> Iterator[Rows]:
        """All rows once, in batches of at most `batch`, in no particular order.

        Where `capabilities.consistent_scan` says so, all batches show one moment of the index: the moment
        when the first batch is taken. Other writes go on meanwhile.
        """

    def search(
        self,
        name: str,
        vectors: Vectors,
        k: int,
        *,
        space: str,
        filter: Filter | None = None,  # noqa: A002
        exact: bool = False,
    ) -> list[list[Hit]]:
        """For each query vector the k nearest rows by cosine similarity, best first, ties by id.

        When several rows tie at the k-th place, which of them are returned is the store's choice.
        `filter` is applied before the k are chosen. `exact` goes around an approximate index.
        Raises `DifferentSpace` when `space` is not the index's, `GarbageVectors` for query vectors of a wrong
        shape or without direction, `StoreFailure` for an undeclared filter field or a value that is not of
        its type.
        """

    def optimise(self, name: str) -> None:
        """After a bulk load: compact, build or refresh what makes searches fast. Safe to repeat."""

    def drop_index(self, name: str) -> None:
        """Remove the index and its rows. Whether it may go is decided above the store. Raises `NotFound`."""

    def close(self) -> None:
        """Release connections and files."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
