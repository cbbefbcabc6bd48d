-- Where vendors call us: the secret end of each account's address.
ALTER TABLE accounts ADD COLUMN hook TEXT;
CREATE UNIQUE INDEX accounts_hook ON accounts (hook) WHERE hook IS NOT NULL;
