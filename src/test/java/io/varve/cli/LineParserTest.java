package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LineParserTest {

    @Test
    void withoutASeparatorALineIsAValue() {
        var parsed = new LineParser(null, null, Map.of()).parse("a=b", 1);

        assertThat(parsed.key()).isNull();
        assertThat(text(parsed.value())).isEqualTo("a=b");
        assertThat(parsed.headers()).isEmpty();
    }

    @Test
    void theFirstSeparatorSplits() {
        var parsed = new LineParser("::", null, Map.of()).parse("k::v::w", 1);

        assertThat(text(parsed.key())).isEqualTo("k");
        assertThat(text(parsed.value())).isEqualTo("v::w");
    }

    @Test
    void theNullMarkerIsNullAndAnEmptyValueIsNot() {
        var parser = new LineParser("=", "NULL", Map.of());

        assertThat(parser.parse("k=NULL", 1).value()).isNull();
        assertThat(parser.parse("NULL=v", 2).key()).isNull();
        assertThat(parser.parse("k=", 3).value()).isEmpty();
    }

    @Test
    void linesAreBytesAndOnlyALineFeedEndsThem() throws Exception {
        byte[] input = {'a', '\r', '\n', '\n', (byte) 0xff, (byte) 0xfe, (byte) 0xc3, (byte) 0xa9, 'v'};
        var in = new ByteArrayInputStream(input);
        var parser = new LineParser("é", null, Map.of());

        assertThat(LineParser.next(in)).isEqualTo("a\r");
        assertThat(LineParser.next(in)).isEmpty();
        var parsed = parser.parse(LineParser.next(in), 3);
        assertThat(parsed.key()).containsExactly(0xff, 0xfe);
        assertThat(parsed.value()).containsExactly('v');
        assertThat(LineParser.next(in)).isNull();
    }

    @Test
    void headersGoOnEveryRecord() {
        var parsed = new LineParser(null, null, Map.of("source", "wéb")).parse("v", 1);

        assertThat(parsed.headers()).singleElement().satisfies(header -> {
            assertThat(header.key()).isEqualTo("source");
            assertThat(text(header.value())).isEqualTo("wéb");
        });
    }

    @Test
    void aLineWithoutAKeyIsToldByItsNumber() {
        assertThatThrownBy(() -> new LineParser(":", null, Map.of()).parse("v", 7))
                .isInstanceOf(CliException.class)
                .hasMessage("line 7 has no ':' between a key and a value.");
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
