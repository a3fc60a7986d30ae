#!/usr/bin/env python3
"""LangChain's two stores for Postgres write as many texts as the bench beside them, with an embedder that takes no time and an
HNSW index of the same parameters, as a deployment has it. Called by `cargo bench -p tests --bench write -- --peers PYTHON`.

Needs `pip install langchain-postgres "psycopg[binary]"`."""

import random
import sys
import time

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from sqlalchemy import create_engine, text

DIMENSION = 1024


class Instant(Embeddings):
    def embed_documents(self, texts):
        return [VECTORS[number % len(VECTORS)] for number in range(len(texts))]

    def embed_query(self, text):
        return VECTORS[0]


url, count = sys.argv[1].replace("postgresql://", "postgresql+psycopg://").replace("postgres://", "postgresql+psycopg://"), int(sys.argv[2])
random.seed(1)
VECTORS = [[random.uniform(-1, 1) for _ in range(DIMENSION)] for _ in range(count)]
documents = [Document(page_content=" ".join(f"word{random.randrange(5_000)}" for _ in range(120)), metadata={"page": number})
             for number in range(count)]
engine = create_engine(url)
with engine.begin() as connection:
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))


def pgvector():
    from langchain_postgres import PGVector
    store = PGVector(Instant(), connection=url, collection_name="bench", embedding_length=DIMENSION)
    with engine.begin() as connection:
        connection.execute(text("CREATE INDEX IF NOT EXISTS bench_hnsw ON langchain_pg_embedding USING hnsw"
                                f" ((embedding::vector({DIMENSION})) vector_cosine_ops)"))
    return store


def pgvectorstore():
    from langchain_postgres import PGEngine, PGVectorStore
    from langchain_postgres.v2.indexes import HNSWIndex
    own = PGEngine.from_connection_string(url=url)
    own.init_vectorstore_table(table_name="bench_store", vector_size=DIMENSION, overwrite_existing=True)
    store = PGVectorStore.create_sync(engine=own, table_name="bench_store", embedding_service=Instant())
    store.apply_vector_index(HNSWIndex())
    return store


for name, make in (("LangChain PGVector", pgvector), ("LangChain PGVectorStore", pgvectorstore)):
    store = make()
    started = time.perf_counter()
    store.add_documents(documents)
    print(f"    {name}: {count / (time.perf_counter() - started):.0f} rows/s", flush=True)
