//! Records the shapes of the real servers' answers into `golden/`.

use anyhow::Result;
use clap::Parser;
use compat_tests::{Level, Product, Target, shape};

/// Starts the reference server of each level and writes the shapes of its answers.
#[derive(Parser)]
struct Arguments {
    /// Levels to record; all by default.
    levels: Vec<Level>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let levels = if arguments.levels.is_empty() { Level::ALL.to_vec() } else { arguments.levels };
    for level in levels {
        let target = Target::setup(level).product(Product::Reference).spawn().await?;
        for (name, found) in shape::sample(&target).await? {
            let path = shape::golden(level, &name);
            if let Some(folder) = path.parent() {
                fs_err::create_dir_all(folder)?;
            }
            fs_err::write(&path, format!("{}\n", serde_json::to_string_pretty(&found)?))?;
            eprintln!("{}", path.display());
        }
    }
    Ok(())
}
