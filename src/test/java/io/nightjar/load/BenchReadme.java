package io.nightjar.load;

/** Puts a table between two marks of a page, which stay. */
final class BenchReadme {
    static final String BEGIN = "<!-- ops/bench --readme: begin -->";
    static final String END = "<!-- ops/bench --readme: end -->";

    private BenchReadme() {}

    /** @throws IllegalArgumentException if the page lacks the marks */
    static String replaced(String page, String markdown) {
        int begin = page.indexOf(BEGIN);
        int end = page.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalArgumentException("the page has no lines " + BEGIN + " and, below, " + END);
        }
        return page.substring(0, begin + BEGIN.length()) + "\n" + markdown.strip() + "\n" + page.substring(end);
    }
}
