package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void numbersGoToTheRightAndWhatIsMissingIsADash() {
        var table = new Table("TOPIC", "LAG", "MEMBER");
        table.row("a", 12345, null);
        table.row("longer", 7, "m1");

        var out = new StringWriter();
        table.print(new PrintWriter(out, true));

        assertThat(out.toString().lines())
                .containsExactly("TOPIC     LAG  MEMBER", "a       12345  -", "longer      7  m1");
    }

    @Test
    void aRowHasACellForEachHead() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Table("A", "B").row(1));
    }
}
