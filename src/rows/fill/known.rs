//! Names of columns by which `--fill auto` knows the nine fields, as [`joined`](super::joined) makes them.

use crate::rules::field::Field;

/// Names of columns that hold a field, the most telling first. Those behind the second bar mean a company's
/// only in a table that is not about people.
pub(super) const NAMES: [(Field, &[&str], &[&str]); 9] = [
    (
        Field::Name,
        &[
            "companyname",
            "company",
            "accountname",
            "organizationname",
            "organisationname",
            "organization",
            "organisation",
            "businessname",
            "legalname",
            "account",
            "firma",
            "firmenname",
            "firmaname",
            "unternehmen",
            "unternehmensname",
            "nomdelentreprise",
            "entreprise",
            "societe",
            "raisonsociale",
            "nombredelaempresa",
            "empresa",
            "razonsocial",
            "nomedaempresa",
            "azienda",
            "nomeazienda",
            "ragionesociale",
            "bedrijfsnaam",
            "bedrijf",
        ],
        &["name", "nom", "nombre", "nome", "naam"],
    ),
    (
        Field::Industry,
        &[
            "industry",
            "companyindustry",
            "primaryindustry",
            "industryname",
            "accountindustry",
            "branche",
            "industrie",
            "wirtschaftszweig",
            "secteur",
            "secteurdactivite",
            "sector",
            "industria",
            "settore",
            "setor",
            "bedrijfstak",
        ],
        &[],
    ),
    (
        Field::Size,
        &[
            "size",
            "companysize",
            "numberofemployees",
            "noofemployees",
            "employees",
            "employeecount",
            "employeesize",
            "employeerange",
            "companyemployees",
            "companyheadcount",
            "headcount",
            "numemployees",
            "mitarbeiter",
            "mitarbeiterzahl",
            "mitarbeiteranzahl",
            "anzahlmitarbeiter",
            "unternehmensgrosse",
            "unternehmensgroße",
            "effectif",
            "effectifs",
            "nombredemployes",
            "empleados",
            "numerodeempleados",
            "dipendenti",
            "numerodipendenti",
            "funcionarios",
            "medewerkers",
        ],
        &[],
    ),
    (
        Field::FoundedYear,
        &[
            "yearfounded",
            "foundedyear",
            "founded",
            "foundingyear",
            "yearestablished",
            "established",
            "companyfoundedyear",
            "grundungsjahr",
            "gegrundet",
            "anneedecreation",
            "anodefundacion",
            "annodifondazione",
            "anodefundacao",
            "oprichtingsjaar",
        ],
        &[],
    ),
    (
        Field::Description,
        &[
            "companydescription",
            "aboutus",
            "shortdescription",
            "seodescription",
            "accountdescription",
            "unternehmensbeschreibung",
            "firmenbeschreibung",
        ],
        &["description", "about", "beschreibung", "descripcion", "descrizione", "descricao"],
    ),
    (
        Field::HqLocation,
        &[
            "hqlocation",
            "headquarters",
            "headquarter",
            "hq",
            "companyheadquarters",
            "headquarterslocation",
            "companylocation",
            "hauptsitz",
            "firmensitz",
            "unternehmenssitz",
            "siegesocial",
            "sede",
            "sedecentral",
            "sedelegale",
            "hoofdkantoor",
        ],
        &["location"],
    ),
    (Field::LogoUrl, &["logourl", "companylogourl", "companylogo", "logo"], &[]),
    (
        Field::LinkedinUrl,
        &[
            "linkedincompanypage",
            "companylinkedin",
            "companylinkedinurl",
            "linkedincompanyurl",
            "linkedincompany",
            "organizationlinkedinurl",
            "accountlinkedinurl",
        ],
        &["linkedinurl", "linkedin", "linkedinpage", "linkedinprofile"],
    ),
    (
        Field::TechStack,
        &[
            "technologies",
            "techstack",
            "technologystack",
            "webtechnologies",
            "companytechnologies",
            "technologien",
            "tecnologias",
            "tecnologie",
        ],
        &[],
    ),
];

/// Names of columns that a table about people has.
pub(super) const OF_PEOPLE: &[&str] = &[
    "firstname",
    "lastname",
    "fullname",
    "contactname",
    "jobtitle",
    "vorname",
    "nachname",
    "prenom",
    "apellido",
    "apellidos",
    "cognome",
    "voornaam",
    "achternaam",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::names::joined;

    #[test]
    fn names_stand_here_as_they_are_compared() {
        for name in NAMES.iter().flat_map(|(_, always, of_companies)| always.iter().chain(*of_companies)) {
            assert_eq!(*name, joined(name));
        }
        assert!(OF_PEOPLE.iter().all(|name| *name == joined(name)));
    }
}
