-- Who tries which mail, and when next. Never trusted: what is owed, the log says.
CREATE TABLE mail_queue (
    mail TEXT PRIMARY KEY,
    due REAL NOT NULL,
    leased_until REAL NOT NULL,
    tries INTEGER NOT NULL
);
CREATE INDEX mail_queue_due ON mail_queue (due);
