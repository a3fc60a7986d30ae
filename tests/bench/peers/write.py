"""LangChain's two stores for Postgres write as many texts as the bench beside them, with an embedder that takes no time, into a
table where as many stand already, with an HNSW index of the same parameters built when those were loaded. Called by
`cargo bench -p tests --bench write -- --peers PYTHON`.

Needs `pip install langchain-postgres "psycopg[binary]"`."""

import random
import sys
import time

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from sqlalchemy import create_engine, text

DIMENSION = 1024


# What one statement of LangChain's PGVector takes: five parameters a row, of the 65,535 that Postgres has.
AT_ONCE = 10_000


class Instant(Embeddings):
    def embed_documents(self, texts):
        return [vector() for _ in texts]

    def embed_query(self, text):
        return vector()


def vector():
    """A stretch of the same numbers, begun elsewhere each time: a million are made, not a thousand for each."""
    begin = random.randrange(len(NUMBERS) - DIMENSION)
    return NUMBERS[begin:begin + DIMENSION]


def documents(count):
    return [Document(page_content=" ".join(f"word{random.randrange(5_000)}" for _ in range(120)), metadata={"page": number})
            for number in range(count)]


url = sys.argv[1].replace("postgresql://", "postgresql+psycopg://").replace("postgres://", "postgresql+psycopg://")
count, standing = int(sys.argv[2]), int(sys.argv[3])
random.seed(1)
NUMBERS = [random.uniform(-1, 1) for _ in range(1_000_000)]
engine = create_engine(url)
with engine.begin() as connection:
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))


def pgvector():
    from langchain_postgres import PGVector
    store = PGVector(Instant(), connection=url, collection_name="bench", embedding_length=DIMENSION)

    def index():
        with engine.begin() as connection:
            connection.execute(text("CREATE INDEX bench_hnsw ON langchain_pg_embedding USING hnsw"
                                    f" ((embedding::vector({DIMENSION})) vector_cosine_ops)"))
    return store, index


def pgvectorstore():
    from langchain_postgres import PGEngine, PGVectorStore
    from langchain_postgres.v2.indexes import HNSWIndex
    own = PGEngine.from_connection_string(url=url)
    own.init_vectorstore_table(table_name="bench_store", vector_size=DIMENSION, overwrite_existing=True)
    store = PGVectorStore.create_sync(engine=own, table_name="bench_store", embedding_service=Instant())
    return store, lambda: store.apply_vector_index(HNSWIndex())


for name, make in (("LangChain PGVector", pgvector), ("LangChain PGVectorStore", pgvectorstore)):
    store, index = make()
    for begin in range(0, standing, AT_ONCE):
        store.add_documents(documents(min(AT_ONCE, standing - begin)))
    index()
    written = documents(count)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
    started = time.perf_counter()
    store.add_documents(written)
    print(f"    {name}: {count / (time.perf_counter() - started):.0f} rows/s", flush=True)
