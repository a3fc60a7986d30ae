-- The space to search some collections in, or all: the one that most of their documents are embedded in; that of a model and
-- dimension where it is as good as any. Documents are counted only where collections differ.
WITH searched AS (
    SELECT id, space_id FROM docent.collections
     WHERE organization_id = docent.current_organization() AND (cardinality($3::text[]) = 0 OR slug = ANY ($3))
), embedded AS (
    SELECT space_id, id AS collection_id FROM searched
     UNION
    SELECT m.space_id, m.collection_id
      FROM docent.collection_spaces m JOIN searched s ON s.id = m.collection_id
     WHERE m.organization_id = docent.current_organization() AND m.state = 'ready'
), held AS (
    SELECT e.space_id, CASE WHEN (SELECT count(DISTINCT space_id) FROM embedded) > 1
                            THEN sum((SELECT count(*) FROM docent.documents d
                                       WHERE d.organization_id = docent.current_organization()
                                         AND d.collection_id = e.collection_id)) END AS documents
      FROM embedded e GROUP BY e.space_id
)
SELECT s.id AS space_id, s.model_id AS space_model, s.dimension AS space_dimension,
       s.input_conventions AS space_conventions, s.languages AS space_languages
  FROM docent.embedding_spaces s
  LEFT JOIN held h ON h.space_id = s.id
 WHERE (s.organization_id IS NULL OR s.organization_id = docent.current_organization())
   AND (h.space_id IS NOT NULL OR s.model_id = $1 AND s.dimension = $2 AND s.is_active)
 ORDER BY h.space_id IS NULL, h.documents DESC NULLS LAST, s.model_id = $1 AND s.dimension = $2 DESC, s.id
 LIMIT 1
