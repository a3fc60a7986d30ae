-- Held until the transaction ends: two of them cannot remove each other.
SELECT id FROM docent.users
 WHERE organization_id = docent.current_organization() AND role = 'admin'
 ORDER BY id
   FOR UPDATE
