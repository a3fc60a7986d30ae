#!/usr/bin/env python3
"""LlamaIndex' PGVectorStore and LangChain's PGVectorStore search the rows of the bench beside them, by tenant and with full rows,
over an HNSW index of the same parameters. Called by `cargo bench -p tests --bench search -- --peers PYTHON`.

Needs `pip install langchain-postgres llama-index-vector-stores-postgres "psycopg[binary]"`."""

import json
import sys
import time

import psycopg

DIMENSION, K = 384, 10
TENANTS = ["most", "a-fifth", "a-hundredth", "a-thousandth"]
url = sys.argv[1].replace("postgres://", "postgresql://")
texts, vectors = json.load(open(sys.argv[2]))
admin = psycopg.connect(url, autocommit=True)
parts = psycopg.conninfo.conninfo_to_dict(url)

ROWS = """
  SELECT c.id, c.content, o.slug, c.page_number, e.vector::vector(%d) AS embedding
    FROM docent.chunks c JOIN docent.embeddings e ON e.chunk_id = c.id AND e.organization_id = c.organization_id
    JOIN docent.organizations o ON o.id = c.organization_id
""" % DIMENSION


def llamaindex():
    from llama_index.core.vector_stores.types import (
        ExactMatchFilter, MetadataFilters, VectorStoreQuery, VectorStoreQueryMode)
    from llama_index.vector_stores.postgres import PGVectorStore
    store = PGVectorStore.from_params(
        host=parts["host"], port=parts["port"], user=parts["user"], password=parts.get("password", ""),
        database=parts["dbname"], table_name="bench", embed_dim=DIMENSION, hybrid_search=True, text_search_config="english",
        hnsw_kwargs={"hnsw_m": 16, "hnsw_ef_construction": 64, "hnsw_ef_search": 100, "hnsw_dist_method": "vector_cosine_ops"})
    store._initialize()
    admin.execute(f"""INSERT INTO data_bench (text, metadata_, node_id, embedding)
        SELECT content, json_build_object('tenant', slug, 'page', page_number, '_node_content', json_build_object('id_', id, 'text', content)::text,
            '_node_type', 'TextNode'), id::text, embedding FROM ({ROWS}) r""")

    def ask(tenant, text, vector, mode):
        filters = MetadataFilters(filters=[ExactMatchFilter(key="tenant", value=tenant)])
        return store.query(VectorStoreQuery(query_embedding=vector, query_str=text, similarity_top_k=K, sparse_top_k=K,
                                            filters=filters, mode=mode)).nodes
    return [("LlamaIndex vectors", lambda *a: ask(*a, VectorStoreQueryMode.DEFAULT)),
            ("LlamaIndex hybrid", lambda *a: ask(*a, VectorStoreQueryMode.HYBRID))]


def langchain():
    from langchain_core.embeddings import Embeddings
    from langchain_postgres import Column, PGEngine, PGVectorStore

    class Given(Embeddings):
        def embed_documents(self, texts):
            return []

        def embed_query(self, text):
            return BY_TEXT[text]
    engine = PGEngine.from_connection_string(url=url.replace("postgresql://", "postgresql+psycopg://"))
    engine.init_vectorstore_table(table_name="bench_store", vector_size=DIMENSION, overwrite_existing=True,
                                  metadata_columns=[Column("tenant", "TEXT"), Column("page", "INTEGER")])
    admin.execute(f"""INSERT INTO bench_store (langchain_id, content, tenant, page, embedding)
        SELECT id, content, slug, page_number, embedding FROM ({ROWS}) r""")
    admin.execute("CREATE INDEX ON bench_store USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)")
    store = PGVectorStore.create_sync(engine=engine, table_name="bench_store", embedding_service=Given(), metadata_columns=["tenant", "page"])
    return [("LangChain PGVectorStore", lambda tenant, text, vector: store.similarity_search(text, k=K, filter={"tenant": tenant}))]


BY_TEXT = dict(zip(texts, vectors))
asked = []
for make in (llamaindex, langchain):
    try:
        asked += make()
    except Exception as error:  # A peer that changed its interface is no reason to lose the others' figures.
        print(f"    {make.__name__}: not measured: {type(error).__name__}: {error}", flush=True)
admin.execute("ANALYZE")
for tenant in TENANTS:
    for name, ask in asked:
        taken, full = [], 0
        for around in range(2):
            for text, vector in zip(texts, vectors):
                begun = time.perf_counter()
                found = ask(tenant, text, vector)
                if around:
                    taken.append(time.perf_counter() - begun)
                    full += len(found) >= K
        taken.sort()
        print(f"    {name}, {tenant}: p50 {taken[len(taken) // 2] * 1000:.1f} ms, p95 {taken[len(taken) * 95 // 100] * 1000:.1f} ms,"
              f" {full} of {len(taken)} full", flush=True)
