//! Prints how long it takes to plan the whole of a directory. Making the directory is a run of its own, so that what it takes in
//! memory is not counted: `plan_all make FILE new|linked USERS`, then `plan_all plan FILE USERS`.

use std::error::Error;
use std::path::Path;

use samesign_agent::bench::Directory;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["make", file, "new", users] => drop(Directory::make_new(Path::new(file), users.parse()?)?),
        ["make", file, "linked", users] => drop(Directory::make(Path::new(file), users.parse()?)?),
        ["plan", file, users] => {
            let (loading, planning, changes) = Directory::open(Path::new(file), users.parse()?)?.plan_everything()?;
            println!("{{\"load_ms\":{},\"plan_ms\":{},\"changes\":{changes}}}", loading.as_millis(), planning.as_millis());
        }
        _ => return Err("plan_all make FILE new|linked USERS, or plan_all plan FILE USERS".into()),
    }
    Ok(())
}
