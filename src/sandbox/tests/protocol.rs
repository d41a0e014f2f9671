//! Points 1, 2, 4, 5, 16 and 17: what surrounds the data.
