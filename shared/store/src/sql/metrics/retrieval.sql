SELECT coalesce(sum(d.searches), 0)::bigint AS searches,
       coalesce(sum(d.empty_searches), 0)::bigint AS empty,
       coalesce(sum(d.rewritten_searches), 0)::bigint AS rewritten,
       coalesce(sum(d.reranked_searches), 0)::bigint AS reranked,
       coalesce(sum(d.cited_searches), 0)::bigint AS cited,
       round(sum(d.empty_searches)::numeric / nullif(sum(d.searches), 0), 4)::float8 AS empty_rate,
       round(sum(d.cited_searches)::numeric / nullif(sum(d.searches), 0), 4)::float8 AS cited_rate,
       round(sum(d.passages_sum)::numeric / nullif(sum(d.searches), 0), 2)::float8 AS passages,
       round(sum(d.top_score_sum) / nullif(sum(d.top_score_count), 0), 4)::float8 AS top_score
  FROM docent.retrieval_daily d
 WHERE d.organization_id = docent.current_organization() AND d.day BETWEEN $1 AND $2
