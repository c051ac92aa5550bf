//! What a company's people are called, do and where they work.

use super::Gender;

/// First names with the gender most often entered for them.
pub(super) const FIRST: &[(&str, Gender)] = &[
    ("Jürgen", Gender::Male),
    ("Björn", Gender::Male),
    ("Günther", Gender::Male),
    ("Hans-Peter", Gender::Male),
    ("Karl Friedrich", Gender::Male),
    ("Mehmet", Gender::Male),
    ("Paweł", Gender::Male),
    ("Luca", Gender::Male),
    ("Søren", Gender::Male),
    ("Thomas", Gender::Male),
    ("Maximilian", Gender::Male),
    ("Ahmed", Gender::Male),
    ("Ángel", Gender::Male),
    ("Nguyễn Minh", Gender::Male),
    ("Vito", Gender::Male),
    ("Käthe", Gender::Female),
    ("Anna-Lena", Gender::Female),
    ("Zoë", Gender::Female),
    ("Jörgine", Gender::Female),
    ("Ayşe", Gender::Female),
    ("Małgorzata", Gender::Female),
    ("Chloé", Gender::Female),
    ("Sabine", Gender::Female),
    ("Marie Luise", Gender::Female),
    ("Svetlana", Gender::Female),
    ("Fatima", Gender::Female),
    ("Beyza", Gender::Female),
    ("Ingrid", Gender::Female),
    ("Priya", Gender::Female),
    ("Julia", Gender::Female),
];

pub(super) const LAST: &[&str] = &[
    "Müller",
    "Weiß",
    "Groß",
    "Schröder",
    "Meyer-Lüdenscheidt",
    "von der Heide",
    "zu Sayn-Wittgenstein",
    "Özdemir",
    "Nowak",
    "Kowalczyk",
    "D'Angelo",
    "O’Brien",
    "García Márquez",
    "Jørgensen",
    "Dvořák",
    "Yılmaz",
    "Böhm",
    "Kühn",
    "Strauß",
    "Schäfer",
    "Becker",
    "Hoffmann",
    "Schmidt",
    "Schmitt",
    "Fischer",
    "Wagner",
    "Lehmann-Höß",
    "Krüger",
    "Abdel-Rahman",
    "Trần",
    "Petrović",
    "Ng",
];

/// A department with the positions people hold in it.
pub(super) const WORK: &[(&str, &[&str])] = &[
    (
        "Vertrieb",
        &[
            "Account Managerin",
            "Account Manager",
            "Vertriebsleitung",
            "Außendienst Süd",
        ],
    ),
    (
        "Marketing & Kommunikation",
        &["Content Manager*in", "Grafikerin", "Head of Marketing"],
    ),
    (
        "Forschung & Entwicklung",
        &[
            "Softwareentwickler (m/w/d)",
            "Ingenieurin",
            "Team Lead",
            "Werkstudent",
        ],
    ),
    (
        "Produktion",
        &[
            "Maschinenführer",
            "Schichtleiterin",
            "Qualitätsprüfer",
            "Auszubildende",
        ],
    ),
    (
        "Personal",
        &[
            "HR Business Partnerin",
            "Recruiter",
            "Personalsachbearbeitung",
        ],
    ),
    (
        "Finanzen",
        &["Buchhalterin", "Controller", "Kaufmännische Leitung"],
    ),
    (
        "Kundendienst",
        &["Servicetechniker", "Kundenberaterin", "Telefonist"],
    ),
    (
        "Geschäftsführung",
        &["Geschäftsführer", "Assistenz der Geschäftsführung"],
    ),
];

/// A company of the group with its offices.
pub(super) const COMPANIES: &[(&str, &[&str])] = &[
    ("Muster GmbH", &["Berlin", "München", "Köln"]),
    ("Muster Produktion GmbH & Co. KG", &["Görlitz", "Würzburg"]),
    ("Muster Österreich GmbH", &["Wien", "Salzburg"]),
    ("Muster Suisse SA", &["Zürich", "Genève"]),
];
