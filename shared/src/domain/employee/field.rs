//! A value that may be absent, empty or there.

/// One field of a record.
///
/// *Absent* (the credential may not read it) and *null* (it is empty) are different things: absent never overwrites
/// what reteach has, null clears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// The source did not say.
    #[default]
    Absent,
    /// The source says it is empty.
    Null,
    Value(T),
}

impl<T> Field<T> {
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// True where the source did not say.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The same field with its value passed through `f`.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(f(value)),
        }
    }

    pub fn as_ref(&self) -> Field<&T> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(value),
        }
    }
}

impl<T> Field<Option<T>> {
    /// A value that turned out to be none is absent.
    pub fn flatten(self) -> Field<T> {
        match self {
            Self::Absent | Self::Value(None) => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(Some(value)) => Field::Value(value),
        }
    }
}

impl<T> From<Option<T>> for Field<T> {
    /// `None` is null: the source reported the field and it is empty.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: serde::Serialize> serde::Serialize for Field<T> {
    /// Null and absent both serialise as `null`: pair it with `skip_serializing_if = "Field::is_absent"`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}
