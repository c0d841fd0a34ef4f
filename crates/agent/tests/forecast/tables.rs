//! A whole database, to be put back as it was: much faster than to open a new tenant for every pair.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

pub struct Tables(Vec<Table>);

struct Table {
    name: String,
    columns: usize,
    rows: Vec<Vec<Value>>,
}

impl Tables {
    pub fn read(connection: &Connection) -> Self {
        // Triggers count objects in `tenant`, which therefore is put back when all others are.
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name = 'tenant', name";
        let mut names = connection.prepare(names).expect("the schema");
        let names = names.query_map([], |row| row.get(0)).expect("tables");
        Self(names.map(|name| Table::read(connection, name.expect("a name"))).collect())
    }

    pub fn restore(&self, connection: &Connection) {
        connection.execute_batch("PRAGMA defer_foreign_keys = ON").expect("references are looked at last");
        self.0.iter().for_each(|table| table.clear(connection));
        self.0.iter().for_each(|table| table.fill(connection));
    }
}

impl Table {
    fn read(connection: &Connection, name: String) -> Self {
        let mut select = connection.prepare(&format!("SELECT * FROM \"{name}\"")).expect("a table");
        let columns = select.column_count();
        let rows = select.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).expect("rows");
        Self { name, columns, rows: rows.map(|row| row.expect("a row")).collect() }
    }

    fn clear(&self, connection: &Connection) {
        connection.prepare_cached(&format!("DELETE FROM \"{}\"", self.name)).expect("a table").execute([]).expect("an empty table");
    }

    fn fill(&self, connection: &Connection) {
        if self.name == "tenant" {
            self.clear(connection);
        }
        let places = vec!["?"; self.columns].join(",");
        for row in &self.rows {
            let mut insert = connection.prepare_cached(&format!("INSERT INTO \"{}\" VALUES ({places})", self.name)).expect("a table");
            insert.execute(params_from_iter(row)).expect("the row is back");
        }
    }
}
