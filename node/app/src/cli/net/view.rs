//! The live view of a local network: a table that is drawn anew twice a second, and keys that do to a node what the
//! other commands do. Leaving it leaves the nodes running.

use super::super::output::{Failure, Kind, Report};
use super::act::{self, Standing};
use super::ask::Figures;
use super::state::{Held, NodeState, State, look};
use super::up;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{cursor, execute, queue, style, terminal};
use serde_json::json;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often the table is drawn.
const REDRAW: Duration = Duration::from_millis(500);

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// To mark another node, by its number.
    Mark(usize),
    /// To mark the next or the one before.
    Next,
    Before,
    /// To do something to the node that is marked.
    Kill,
    Start,
    Cut,
    Heal,
    /// To leave, or to stop everything and leave.
    Leave,
    Down,
}

/// A node at two times, so that rates can be told.
struct Row {
    state: NodeState,
    standing: Standing,
    before: Option<(Instant, Figures)>,
    asked: Instant,
}

/// The terminal, which is as it was when this is dropped.
struct Screen;

impl Screen {
    fn open() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        execute!(io::stdout(), terminal::EnterAlternateScreen, cursor::Hide)?;
        Ok(Self)
    }

    fn draw(&self, lines: &[String]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let (width, height) = terminal::size()?;
        queue!(out, cursor::MoveTo(0, 0))?;
        for line in lines.iter().take(usize::from(height)) {
            let line: String = line.chars().take(usize::from(width)).collect();
            queue!(
                out,
                style::Print(line),
                terminal::Clear(terminal::ClearType::UntilNewLine),
                cursor::MoveToNextLine(1)
            )?;
        }
        queue!(out, terminal::Clear(terminal::ClearType::FromCursorDown))?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ = execute!(io::stdout(), cursor::Show, terminal::LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

/// Shows a network until its person leaves.
pub(super) fn run(folder: &Path) -> Result<Report, Failure> {
    let failed = |error: io::Error| {
        let message = format!("cannot draw on this terminal: {error}");
        Failure::new(Kind::Usage, message, "the nodes run; `tenon net up --detach` shows no live view")
    };
    let screen = Screen::open().map_err(failed)?;
    let (mut marked, mut said) = (1, String::new());
    let mut rows: Vec<Row> = Vec::new();
    loop {
        rows = refresh(&look(folder)?, rows);
        screen.draw(&lines(folder, &rows, marked, &said)).map_err(failed)?;
        let Some(wish) = wish_within(REDRAW).map_err(failed)? else { continue };
        said = match wish {
            Wish::Leave => break,
            Wish::Mark(number) => {
                marked = number.min(rows.len()).max(1);
                String::new()
            }
            Wish::Next => {
                marked = marked % rows.len() + 1;
                String::new()
            }
            Wish::Before => {
                marked = if marked == 1 { rows.len() } else { marked - 1 };
                String::new()
            }
            Wish::Down => {
                screen.draw(&["stopping every node ..".to_string()]).map_err(failed)?;
                drop(screen);
                return act::down(folder, false);
            }
            wish => {
                screen.draw(&lines(folder, &rows, marked, "working ..")).map_err(failed)?;
                act_on(folder, marked, wish).unwrap_or_else(|failure| format!("{} ({})", failure.message, failure.hint))
            }
        };
    }
    drop(screen);
    let text = "the nodes run on; `tenon net status` shows them, `tenon net down` stops them";
    Ok(Report::new(text, json!({ "status": "running", "dir": folder })))
}

/// Does something to a node, and says that it is done.
fn act_on(folder: &Path, number: usize, wish: Wish) -> Result<String, Failure> {
    let (held, mut state) = Held::open(folder)?;
    match wish {
        Wish::Kill => {
            act::kill_node(&held, &mut state, number).map(|pid| format!("killed node {number}, process {pid}"))
        }
        Wish::Start => up::start_one(&held, &mut state, number, None).map(|()| format!("node {number} is ready")),
        Wish::Cut => act::cut_node(&held, &mut state, number, &[]).map(|()| format!("cut node {number} from all")),
        Wish::Heal => act::heal_node(&held, &mut state, number).map(|()| format!("node {number} has its links again")),
        _ => Ok(String::new()),
    }
}

/// Asks every node how it is.
fn refresh(state: &State, before: Vec<Row>) -> Vec<Row> {
    let mut before = before.into_iter();
    let ask = |node: &NodeState| {
        let old = before.next().and_then(|row| Some((row.asked, row.standing.figures?)));
        Row { state: node.clone(), standing: Standing::of(node), before: old, asked: Instant::now() }
    };
    state.nodes.iter().map(ask).collect()
}

/// Waits for a key that means something.
fn wish_within(wait: Duration) -> io::Result<Option<Wish>> {
    let begun = Instant::now();
    while event::poll(wait.saturating_sub(begun.elapsed()))? {
        if let Event::Key(key) = event::read()?
            && let Some(wish) = wish_of(&key)
        {
            return Ok(Some(wish));
        }
    }
    Ok(None)
}

fn wish_of(key: &KeyEvent) -> Option<Wish> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Wish::Leave),
        KeyCode::Char('q') | KeyCode::Esc => Some(Wish::Leave),
        KeyCode::Char('d') => Some(Wish::Down),
        KeyCode::Char('k') => Some(Wish::Kill),
        KeyCode::Char('u') => Some(Wish::Start),
        KeyCode::Char('c') => Some(Wish::Cut),
        KeyCode::Char('h') => Some(Wish::Heal),
        KeyCode::Down | KeyCode::Tab => Some(Wish::Next),
        KeyCode::Up => Some(Wish::Before),
        KeyCode::Char(digit) => digit.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).map(Wish::Mark),
        _ => None,
    }
}

/// What is drawn.
fn lines(folder: &Path, rows: &[Row], marked: usize, said: &str) -> Vec<String> {
    let mut lines = vec![
        format!("tenon net: {} validators in {}", rows.len(), folder.display()),
        String::new(),
        format!(
            "  {:>4}  {:<6} {:>8} {:>8} {:>8} {:>9} {:>5} {:>8} {:>7} {:>7} {:>6}",
            "node", "state", "pid", "height", "final", "finality", "peers", "tx/s", "pool", "votes", "leader"
        ),
    ];
    lines.extend((1..).zip(rows).map(|(number, row)| row.line(number, number == marked)));
    lines.push(String::new());
    lines.push("  1-9, up, down: mark   k kill   u start   c cut   h heal   d stop all   q leave them running".into());
    lines.push(format!("  {said}"));
    lines
}

impl Row {
    fn line(&self, number: usize, is_marked: bool) -> String {
        let mark = if is_marked { '>' } else { ' ' };
        let word = self.standing.word(&self.state);
        let pid = self.standing.pid.map_or_else(|| "-".into(), |pid| pid.to_string());
        let head = format!("{mark} {number:>4}  {word:<6} {pid:>8}");
        let Some(figures) = &self.standing.figures else { return head };
        let whole = |name: &str| figures.whole(name);
        let leads = if whole("tenon_leader") + 1 == u64::try_from(number).unwrap_or(u64::MAX) { "leads" } else { "" };
        format!(
            "{head} {:>8} {:>8} {:>9} {:>5} {:>8} {:>7} {:>7.0} {leads:>6}",
            whole("tenon_best_height"),
            whole("tenon_final_height"),
            self.finality(figures),
            whole("tenon_peers"),
            self.rate(figures),
            whole("tenon_pool_transactions"),
            figures.sum("tenon_votes_total"),
        )
    }

    /// What a figure gained since the time before.
    fn gained(&self, figures: &Figures, name: &str) -> f64 {
        self.before.as_ref().map_or(0.0, |(_, before)| figures.get(name) - before.get(name)).max(0.0)
    }

    /// The mean time to finality since the time before, or since the start if nothing became final.
    fn finality(&self, figures: &Figures) -> String {
        let recent =
            [self.gained(figures, "tenon_finality_seconds_sum"), self.gained(figures, "tenon_finality_seconds_count")];
        let all = [figures.get("tenon_finality_seconds_sum"), figures.get("tenon_finality_seconds_count")];
        let [sum, count] = if recent[1] > 0.0 { recent } else { all };
        if count > 0.0 { format!("{:.0} ms", 1_000.0 * sum / count) } else { "-".into() }
    }

    /// Final transactions a second since the time before.
    fn rate(&self, figures: &Figures) -> String {
        let gained = self.gained(figures, "tenon_transactions_total");
        let since = self.before.as_ref().map_or(0.0, |(then, _)| self.asked.duration_since(*then).as_secs_f64());
        if since > 0.0 { format!("{:.0}", gained / since) } else { "-".into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(figures: Option<&str>, before: Option<&str>) -> Row {
        let state = NodeState {
            folder: "/n".into(),
            peer_id: String::new(),
            account: String::new(),
            rpc_port: 1,
            network_port: 2,
            metrics_port: 3,
            process: None,
            is_cut: false,
        };
        let asked = Instant::now();
        let before = before.map(|text| (asked.checked_sub(Duration::from_secs(2)).unwrap(), Figures::read(text)));
        Row {
            state,
            standing: Standing { pid: figures.map(|_| 42), figures: figures.map(Figures::read) },
            before,
            asked,
        }
    }

    #[test]
    fn a_row_shows_rates_since_the_time_before() {
        let before = "tenon_transactions_total 100\ntenon_finality_seconds_sum 1\ntenon_finality_seconds_count 10\n";
        let now = "tenon_best_height 21\ntenon_final_height 20\ntenon_transactions_total 300\ntenon_leader 1\n\
                   tenon_finality_seconds_sum 3\ntenon_finality_seconds_count 14\n\
                   tenon_votes_total{phase=\"notarize\"} 7\n";
        let line = row(Some(now), Some(before)).line(2, true);
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words, [">", "2", "up", "42", "21", "20", "500", "ms", "0", "100", "0", "7", "leads"]);
        let first = row(Some(now), None).line(1, false);
        assert!(first.contains(" 214 ms ") && !first.contains("leads"), "{first}");
        assert_eq!(row(None, None).line(3, false).split_whitespace().collect::<Vec<_>>(), ["3", "down", "-"]);
        let all = lines(Path::new("/net"), &[row(Some(now), None), row(None, None)], 1, "done");
        assert!(all[0].contains("2 validators in /net") && all.last().is_some_and(|line| line.contains("done")));
    }

    #[test]
    fn keys_mean_what_the_last_line_says() {
        let key = |code, modifiers| wish_of(&KeyEvent::new(code, modifiers));
        let plain = |letter| key(KeyCode::Char(letter), KeyModifiers::NONE);
        let wishes = ['k', 'u', 'c', 'h', 'd', 'q', '3'].map(plain);
        let expected = [Wish::Kill, Wish::Start, Wish::Cut, Wish::Heal, Wish::Down, Wish::Leave, Wish::Mark(3)];
        assert_eq!(wishes, expected.map(Some));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Wish::Leave));
        assert_eq!(key(KeyCode::Down, KeyModifiers::NONE), Some(Wish::Next));
        assert_eq!(plain('x'), None);
    }
}
