#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include <unroll/comparison/table.hpp>
#include <unroll/core/display.hpp>
#include <unroll/core/text.hpp>

namespace unroll::comparison {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastText = 8;  ///< what a cut text keeps at least

std::size_t sum(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) +
         (widths.empty() ? 0 : kGap * (widths.size() - 1));
}

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    std::size_t width = display_width(printable_line(table.columns[i].title));
    for (const auto& row : table.rows)
      width = std::max(width, display_width(printable_line(row[i].shown)));
    widths.push_back(width);
  }
  return widths;
}

/// Narrows the widest texts, then drops columns from the right, until all fit.
void fit(const Table& table, std::size_t limit, std::vector<std::size_t>& widths) {
  while (sum(widths) > limit) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (!table.columns[i].right && widths[i] > kLeastText &&
          (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest < widths.size()) {
      --widths[widest];
    } else if (widths.size() > 1) {
      widths.pop_back();
    } else {
      return;
    }
  }
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string escaped_markdown(std::string_view text) {
  std::string result;
  for (const char c : printable_line(text)) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '<') result += '\\';
    result += c;
  }
  return result;
}

std::string escaped_latex(std::string_view text) {
  std::string result;
  for (const char c : printable_line(text)) {
    switch (c) {
      case '\\':
        result += "\\textbackslash{}";
        break;
      case '~':
        result += "\\textasciitilde{}";
        break;
      case '^':
        result += "\\textasciicircum{}";
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        result += '\\';
        [[fallthrough]];
      default:
        result += c;
    }
  }
  for (std::size_t at = 0; (at = result.find("±", at)) != std::string::npos; at += 5)
    result.replace(at, std::string_view("±").size(), "$\\pm$");
  return result;
}

std::string quoted_csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  result += '"';
  return result;
}

}  // namespace

std::string to_text(const Table& table, std::size_t width, std::vector<std::string>& left_out,
                    std::string (*head)(std::string_view)) {
  std::vector<std::size_t> widths = widths_of(table);
  if (width > 0) fit(table, width, widths);
  for (std::size_t i = widths.size(); i < table.columns.size(); ++i)
    left_out.push_back(table.columns[i].name);
  const auto line_of = [&](auto text_of_column) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) line.append(kGap, ' ');
      const std::string text = printable_line(text_of_column(i));
      line += padded(cut_to_width(text, widths[i]), widths[i], table.columns[i].right);
    }
    return trimmed(line);
  };
  const std::string titles = line_of([&](std::size_t i) { return table.columns[i].title; });
  std::string text = (head ? head(titles) : titles) + "\n";
  for (const auto& row : table.rows)
    text += line_of([&](std::size_t i) { return row[i].shown; }) + "\n";
  return text;
}

std::string to_markdown(const Table& table) {
  std::string text = "|", rule = "|";
  for (const Column& column : table.columns) {
    text += fmt::format(" {} |", escaped_markdown(column.title));
    rule += column.right ? " ---: |" : " --- |";
  }
  text += "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const Cell& cell : row) text += fmt::format(" {} |", escaped_markdown(cell.shown));
    text += "\n";
  }
  return text;
}

std::string to_csv(const Table& table) {
  std::vector<std::string> words;
  for (const Column& column : table.columns) words.push_back(quoted_csv(column.name));
  std::string text = join(words, ",") + "\n";
  for (const auto& row : table.rows) {
    words.clear();
    for (const Cell& cell : row) words.push_back(quoted_csv(cell.exact));
    text += join(words, ",") + "\n";
  }
  return text;
}

std::string to_latex(const Table& table) {
  std::string text = "\\begin{tabular}{";
  std::vector<std::string> words;
  for (const Column& column : table.columns) {
    text += column.right ? 'r' : 'l';
    words.push_back(escaped_latex(column.title));
  }
  text += "}\n\\toprule\n" + join(words, " & ") + " \\\\\n\\midrule\n";
  for (const auto& row : table.rows) {
    words.clear();
    for (const Cell& cell : row) words.push_back(escaped_latex(cell.shown));
    text += join(words, " & ") + " \\\\\n";
  }
  return text + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace unroll::comparison
