-- Money is in cents. `run` is the X-Footfall-Run (or the cookie footfall_run) of the request that made a row: DELETE /api/test-data/{run} removes by it.

CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,              -- customer, supplier, admin
    password TEXT NOT NULL,          -- salt and scrypt hash, both hex
    run TEXT,
    created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions ( -- who is signed in
    session TEXT PRIMARY KEY,        -- SHA-256 of the cookie, so that the file holds no usable session
    user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    run TEXT,
    expires REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_by_user ON sessions (user);
CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (expires);
CREATE INDEX IF NOT EXISTS sessions_by_run ON sessions (run) WHERE run IS NOT NULL;

CREATE TABLE IF NOT EXISTS seats (   -- how many bookings a slot has
    service TEXT NOT NULL,
    slot TEXT NOT NULL,
    taken INTEGER NOT NULL,
    PRIMARY KEY (service, slot)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bookings (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    service TEXT NOT NULL,
    slot TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    notes TEXT NOT NULL,
    amount INTEGER NOT NULL,
    status TEXT NOT NULL,            -- awaiting_payment, confirmed
    intent TEXT NOT NULL,
    owner INTEGER REFERENCES users (id) ON DELETE SET NULL,
    submission TEXT UNIQUE,          -- the form's or client's own key, and what was wished: the same one twice is one booking
    run TEXT,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS bookings_by_run ON bookings (run) WHERE run IS NOT NULL;
CREATE INDEX IF NOT EXISTS bookings_by_owner ON bookings (owner) WHERE owner IS NOT NULL;

CREATE TABLE IF NOT EXISTS carts (
    id TEXT PRIMARY KEY,
    items TEXT NOT NULL,             -- JSON: {"product id": quantity}
    run TEXT,
    created REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS carts_by_run ON carts (run) WHERE run IS NOT NULL;
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    items TEXT NOT NULL,             -- JSON: [{"product", "name", "quantity", "price_cents"}], prices as they were
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    street TEXT NOT NULL,
    postcode TEXT NOT NULL,
    city TEXT NOT NULL,
    amount INTEGER NOT NULL,
    status TEXT NOT NULL,            -- awaiting_payment, open, offered, accepted, preparing, on_the_way, delivered
    intent TEXT NOT NULL,
    supplier INTEGER REFERENCES users (id) ON DELETE SET NULL,
    fee INTEGER,
    minutes INTEGER,
    owner INTEGER REFERENCES users (id) ON DELETE SET NULL,
    submission TEXT UNIQUE,
    run TEXT,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_by_run ON orders (run) WHERE run IS NOT NULL;
CREATE INDEX IF NOT EXISTS orders_by_owner ON orders (owner) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS orders_open ON orders (id) WHERE status = 'open';
CREATE INDEX IF NOT EXISTS orders_by_supplier ON orders (supplier, id) WHERE supplier IS NOT NULL;

CREATE TABLE IF NOT EXISTS payments (
    intent TEXT PRIMARY KEY,
    subject TEXT NOT NULL,           -- booking, order, purchase, event
    ref TEXT NOT NULL,
    amount INTEGER NOT NULL,
    status TEXT NOT NULL,            -- requires_card, requires_confirmation, succeeded
    run TEXT,
    created REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS payments_by_run ON payments (run) WHERE run IS NOT NULL;

CREATE TABLE IF NOT EXISTS events (     -- the provider's word that a payment was accepted, until the shop has taken it
    intent TEXT PRIMARY KEY REFERENCES payments (intent) ON DELETE CASCADE,
    amount INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS purchases (  -- from the market, and vendors booked for events
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,              -- purchase, event
    what TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    amount INTEGER NOT NULL,
    status TEXT NOT NULL,            -- awaiting_payment, confirmed
    intent TEXT NOT NULL,
    owner INTEGER REFERENCES users (id) ON DELETE SET NULL,
    submission TEXT UNIQUE,
    run TEXT,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS purchases_by_run ON purchases (run) WHERE run IS NOT NULL;
CREATE INDEX IF NOT EXISTS purchases_by_owner ON purchases (owner) WHERE owner IS NOT NULL;

CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    listing INTEGER NOT NULL,
    visitor TEXT NOT NULL,           -- digest of the visitor's session
    sender TEXT NOT NULL,            -- you, seller
    text TEXT NOT NULL,
    run TEXT,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_chat ON messages (visitor, listing, id);
CREATE INDEX IF NOT EXISTS messages_by_run ON messages (run) WHERE run IS NOT NULL;

CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    guests INTEGER NOT NULL,
    budget INTEGER NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    submission TEXT UNIQUE,
    run TEXT,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_run ON jobs (run) WHERE run IS NOT NULL;

CREATE TABLE IF NOT EXISTS forms (
    id INTEGER PRIMARY KEY,
    ref TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    message TEXT NOT NULL,
    file_name TEXT NOT NULL,
    size INTEGER NOT NULL,           -- bytes
    status TEXT NOT NULL,            -- received, done, failed
    pages INTEGER,
    submission TEXT UNIQUE,
    run TEXT,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS forms_by_run ON forms (run) WHERE run IS NOT NULL;
CREATE INDEX IF NOT EXISTS forms_waiting ON forms (id) WHERE status = 'received';

CREATE TABLE IF NOT EXISTS takings ( -- what was paid, summed up per day as it comes in, so that today's revenue is one short look
    day TEXT NOT NULL,               -- UTC, 2026-11-21
    run TEXT NOT NULL,               -- empty where a payment has none
    amount INTEGER NOT NULL,
    PRIMARY KEY (day, run)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS outbox (  -- mail that waits; what has been posted is gone from here
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,              -- booking, order, purchase, event
    ref TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    amount INTEGER NOT NULL,
    run TEXT,
    created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_by_run ON outbox (run) WHERE run IS NOT NULL;

CREATE TABLE IF NOT EXISTS pulse (  -- the one row that a look at the shop's health writes
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at REAL NOT NULL
);
