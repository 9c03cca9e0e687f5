-- Who tries which mail, and when next. Never trusted: what is owed, the log says.
CREATE TABLE mail_queue (
    mail text PRIMARY KEY,
    due double precision NOT NULL,
    leased_until double precision NOT NULL,
    tries integer NOT NULL
);
CREATE INDEX mail_queue_due ON mail_queue (due);
