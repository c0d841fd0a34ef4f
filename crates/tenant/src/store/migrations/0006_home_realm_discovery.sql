-- The home realm discovery policy: where sign-in begins for whoever gives no name.

ALTER TABLE tenant ADD COLUMN preferred_domain TEXT REFERENCES domain (name) ON DELETE SET NULL;
