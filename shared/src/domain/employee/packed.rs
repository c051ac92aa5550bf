//! An employee in as few bytes as it takes: most of a company is put aside as it is read, and not looked at again.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::{Employee, EmploymentType, Field, Gender, Status};
use crate::domain::id::SourceId;

/// These bytes are no packed employee of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a packed employee cannot be unpacked")]
pub struct PackedError;

impl Employee {
    /// Appends this employee to `bytes`; what is appended begins with the id.
    ///
    /// # Errors
    /// [`PackedError`] where a part of it cannot be written, which happens to none that a source makes. Then `bytes` are as
    /// they were.
    pub fn pack_onto(&self, bytes: &mut Vec<u8>) -> Result<(), PackedError> {
        struct Whole<'a>(&'a Employee);
        impl Serialize for Whole<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Packed::serialize(self.0, serializer)
            }
        }
        let before = bytes.len();
        postcard::to_io(&Whole(self), &mut *bytes)
            .map(drop)
            .map_err(|_| {
                bytes.truncate(before);
                PackedError
            })
    }

    /// The employee whose bytes `bytes` begin with.
    ///
    /// # Errors
    /// [`PackedError`] if these bytes are none.
    pub fn unpack(bytes: &[u8]) -> Result<Self, PackedError> {
        Packed::deserialize(&mut postcard::Deserializer::from_bytes(bytes)).map_err(|_| PackedError)
    }
}

/// Beside the employee and not of it: what is personal has no other way into bytes.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Employee")]
struct Packed {
    source_id: SourceId,
    #[serde(with = "field")]
    first_name: Field<String>,
    #[serde(with = "field")]
    last_name: Field<String>,
    #[serde(with = "field")]
    email: Field<String>,
    #[serde(with = "field")]
    position: Field<String>,
    #[serde(with = "field")]
    company: Field<String>,
    #[serde(with = "field")]
    department: Field<String>,
    #[serde(with = "field")]
    location: Field<String>,
    #[serde(with = "field")]
    gender: Field<Gender>,
    #[serde(with = "field")]
    employment_type: Field<EmploymentType>,
    #[serde(with = "field")]
    hire_date: Field<Date>,
    #[serde(with = "field")]
    end_date: Field<Date>,
    #[serde(with = "field")]
    status: Field<Status>,
}

/// Absent and null apart, which [`Field`]'s own form does not keep: it is made for JSON.
mod field {
    use super::{Deserialize, Deserializer, Field, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        field: &Field<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let told = match field {
            Field::Absent => None,
            Field::Null => Some(None),
            Field::Value(value) => Some(Some(value)),
        };
        told.serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Field<T>, D::Error> {
        let told = Option::<Option<T>>::deserialize(deserializer)?;
        Ok(told.map_or(Field::Absent, Field::from))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mapping::arbitrary::employee;

    proptest! {
        #[test]
        fn whoever_is_packed_is_unpacked_the_same(employee in employee("4711"), before in prop::collection::vec(any::<u8>(), 0..4)) {
            let mut bytes = before.clone();
            employee.pack_onto(&mut bytes).unwrap();
            let (head, packed) = bytes.split_at(before.len());
            prop_assert_eq!(head, &before);
            prop_assert_eq!(&Employee::unpack(packed).unwrap(), &employee);
            let _ = Employee::unpack(&packed[..packed.len() - 1]).unwrap_err();
        }
    }
}
