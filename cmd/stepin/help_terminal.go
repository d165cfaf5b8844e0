package main

import (
	"strings"
	"unicode/utf8"
)

// renderTerminal renders the Markdown of the help for a terminal of that many columns. It knows what the help
// uses: headings, paragraphs, lists, tables and indented code, each followed by an empty line, and bold. Code is not
// wrapped.
func renderTerminal(markdown string, width int) string {
	var out []string
	for block := range strings.SplitSeq(strings.TrimSpace(markdown), "\n\n") {
		lines := strings.Split(block, "\n")
		switch {
		case strings.HasPrefix(block, "#"):
			level, title, _ := strings.Cut(block, " ")
			underline := "="
			if level != "#" {
				underline = "-"
			}
			out = append(out, title+"\n"+strings.Repeat(underline, utf8.RuneCountInString(title)))
		case strings.HasPrefix(block, "    "):
			out = append(out, block)
		case strings.HasPrefix(block, "|"):
			out = append(out, renderTable(lines, width))
		case strings.HasPrefix(block, "- "):
			out = append(out, renderList(block, width))
		default:
			out = append(out, wrapText("", "", block, width))
		}
	}
	return strings.Join(out, "\n\n") + "\n"
}

func renderList(block string, width int) string {
	var out []string
	for item := range strings.SplitSeq("\n"+block, "\n- ") {
		if item != "" {
			out = append(out, wrapText("- ", "  ", item, width))
		}
	}
	return strings.Join(out, "\n")
}

// gap separates the columns of a table.
const gap = "  "

// renderTable prints columns if all of them but the last fit into half the width. Otherwise it prints each row as
// a block: its first cell, and the others below it under the names of their columns.
func renderTable(lines []string, width int) string {
	var rows [][]string
	for i, line := range lines {
		if i != 1 { // the rule below the titles
			rows = append(rows, cells(line))
		}
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	before := 0 // columns left of the last cell
	for _, w := range widths[:len(widths)-1] {
		before += w + len(gap)
	}
	if before > width/2 {
		return renderRecords(rows, width)
	}
	var out []string
	for _, row := range rows {
		first := ""
		for i, cell := range row[:len(row)-1] {
			first += pad(cell, widths[i]) + gap
		}
		out = append(out, wrapText(first, strings.Repeat(" ", before), row[len(row)-1], width))
	}
	return strings.Join(out, "\n")
}

func renderRecords(rows [][]string, width int) string {
	names := rows[0]
	longest := 0
	for _, name := range names[1:] {
		longest = max(longest, utf8.RuneCountInString(name))
	}
	hang := strings.Repeat(" ", len(gap)+longest+len(gap))
	var out []string
	for _, row := range rows[1:] {
		record := wrapText("", "", row[0], width)
		for i, cell := range row[1:] {
			if cell != "" {
				record += "\n" + wrapText(gap+pad(names[i+1], longest)+gap, hang, cell, width)
			}
		}
		out = append(out, record)
	}
	return strings.Join(out, "\n\n")
}

// cells splits a row of a Markdown table. A bar inside a cell has a backslash before it.
func cells(line string) []string {
	line = strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |")
	row := strings.Split(line, " | ")
	for i, cell := range row {
		row[i] = strings.TrimSpace(strings.ReplaceAll(cell, `\|`, "|"))
	}
	return row
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// wrapText breaks a text into lines of at most that many columns. The first line begins with first, the others
// with hang. A word that is longer than a line stays whole, and so does code between backticks.
func wrapText(first, hang, text string, width int) string {
	text = strings.ReplaceAll(text, "**", "")
	var b strings.Builder
	b.WriteString(first)
	n := utf8.RuneCountInString(first)
	begun := false
	code := ""
	for word := range strings.FieldsSeq(text) {
		if word = code + word; strings.Count(word, "`")%2 == 1 {
			code = word + " "
			continue
		}
		code = ""
		l := utf8.RuneCountInString(word)
		switch {
		case begun && n+1+l > width:
			b.WriteString("\n" + hang + word)
			n = utf8.RuneCountInString(hang) + l
		case begun:
			b.WriteString(" " + word)
			n += 1 + l
		default:
			b.WriteString(word)
			n += l
		}
		begun = true
	}
	return b.String()
}
