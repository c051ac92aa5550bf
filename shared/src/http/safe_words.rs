//! The words of error messages. Of a vendor's text only these are kept: a name, an address or
//! any other value that it echoes is not among them.

/// English, German, and the vendors' own words for models and fields; in lower case and in order.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "a", "abgelaufen", "access", "account", "active", "again", "aktuell", "alle", "allowed", "already",
    "an", "and", "anfrage", "anfragen", "angegeben", "anmeldung", "another", "api", "are", "array", "at",
    "attribute", "attributes", "auf", "aufgetreten", "aus", "auth", "authenticate", "authentication",
    "authorization", "available", "bad", "be", "been", "beginnen", "beginning", "benötigt", "berechtigung",
    "between", "birthdate", "bitte", "body", "boolean", "by", "can", "cannot", "category", "characters",
    "client", "client_id", "client_secret", "closed", "code", "company", "complete", "conflict",
    "connection", "contact", "contain", "contract", "could", "credential", "credentials", "customer",
    "customers", "darf", "das", "data", "date", "daten", "datum", "deleted", "denied", "department", "der",
    "did", "die", "disabled", "diverse", "do", "document", "documentcategory", "does", "doesn't", "don't",
    "duplicate", "during", "ein", "eine", "einen", "eingeben", "either", "email", "employee", "employees",
    "employees_read", "empty", "enabled", "enough", "entity", "enum", "erforderlich", "erlaubt", "erneut",
    "error", "es", "exceeded", "exist", "existiert", "exists", "expired", "externalid", "failed", "falsch",
    "fehler", "fehlgeschlagen", "fehlt", "feld", "female", "field", "fields", "file", "finished",
    "firstname", "following", "for", "forbidden", "format", "fortzufahren", "found", "from", "geben",
    "gefunden", "gender", "gesendet", "given", "grant", "greater", "grenze", "happened", "has", "hat",
    "have", "hire_date", "höchstens", "id", "ihre", "im", "in", "inactive", "incomplete", "incorrect",
    "insufficient", "integer", "integration", "internal", "invalid", "is", "isn't", "ist", "it", "json",
    "kann", "kein", "keine", "konnte", "lang", "language", "large", "lastname", "later", "least", "length",
    "less", "liegt", "limit", "lines", "location", "login", "long", "longer", "mail", "male", "many",
    "match", "message", "method", "mindestens", "missing", "mit", "model", "momentan", "more", "most",
    "muss", "must", "name", "need", "needs", "never", "new", "nicht", "no", "non", "not", "null", "number",
    "nur", "object", "occurred", "oder", "of", "offset", "on", "one", "only", "or", "our", "over", "page",
    "parameter", "pending", "permission", "permissions", "personio", "please", "position", "problem",
    "processing", "property", "provided", "query", "quota", "rate", "record", "records", "request",
    "requests", "require", "required", "requires", "resource", "response", "result", "results", "reteach",
    "scope", "sein", "selected", "server", "service", "setactiveat", "setinactiveat", "setup", "several",
    "short", "shorter", "should", "sie", "sind", "something", "später", "status", "string", "such",
    "support", "supported", "sync", "system", "tag", "tags", "taken", "temporarily", "text", "than", "the",
    "there", "this", "throttled", "time", "title", "to", "token", "too", "try", "type", "um", "unable",
    "unauthorized", "unavailable", "und", "under", "unexpected", "ungültig", "unique", "unknown",
    "unprocessable", "update", "upstream", "us", "used", "user", "username", "valid", "validation",
    "value", "values", "verboten", "verfügbar", "versuchen", "viele", "vom", "von", "vor", "war", "waren",
    "was", "we", "went", "werden", "wert", "while", "with", "work", "wrong", "wurde", "yes", "yet", "you",
    "your", "zeichen", "zu", "zugangsdaten", "zugriff", "über", "übergeben",
];

/// Whether `word`, with the punctuation around it, is one of an error message: a word of the list, a status, or a code
/// such as `INVALID_EMAIL`.
pub(super) fn is_known(word: &str) -> bool {
    let bare = word.trim_matches(|char: char| !char.is_alphanumeric());
    let is_status = bare.len() <= 3 && bare.bytes().all(|byte| byte.is_ascii_digit());
    let is_code = bare.contains('_')
        && bare.bytes().all(|byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.')
        });
    is_status || is_code || WORDS.contains(&bare.to_lowercase().as_str())
}
