//! What `Debug` shows of a type that holds personal values or secrets.

/// Implements `Debug` with these fields alone. Without one, it shows the type's name.
#[macro_export]
macro_rules! debug_only {
    ($type:ident $(<$lifetime:lifetime>)?) => {
        impl ::std::fmt::Debug for $type $(<$lifetime>)? {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        }
    };
    ($type:ident $(<$lifetime:lifetime>)?, $($field:ident),+) => {
        impl ::std::fmt::Debug for $type $(<$lifetime>)? {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($type))
                    $(.field(stringify!($field), &self.$field))+
                    .finish_non_exhaustive()
            }
        }
    };
}
