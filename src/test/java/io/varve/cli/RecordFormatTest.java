package io.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class RecordFormatTest {

    @Test
    void aPatternShowsEachField() {
        var format = RecordFormat.pattern("%t/%p@%o %T %k=%v [%h] 100%%\\n", "-");

        assertThat(text(format.show(message(bytes("key"), bytes("value")))))
                .isEqualTo("orders/2@41 1700000000000 key=value [trace=abc,none=-] 100%\n");
    }

    @Test
    void whatIsNullIsShownAsTold() {
        assertThat(text(RecordFormat.pattern("%k %v", "NULL").show(message(null, null))))
                .isEqualTo("NULL NULL");
    }

    @Test
    void anUnknownFieldIsRefused() {
        assertThatThrownBy(() -> RecordFormat.pattern("%v %x", ""))
                .isInstanceOf(CliException.class)
                .hasMessage("--format: '%x' does not start with %t %p %o %T %k %v %h or %%.");
        assertThatThrownBy(() -> RecordFormat.pattern("%", "")).isInstanceOf(CliException.class);
    }

    @Test
    void jsonShowsTextAsTextAndAnythingElseInBase64() {
        byte[] noText = {(byte) 0xff, 0};

        assertThat(text(RecordFormat.json().show(message(null, noText))))
                .isEqualTo("{\"topic\":\"orders\",\"partition\":2,\"offset\":41,\"timestamp\":1700000000000,"
                        + "\"timestamp_type\":\"CreateTime\",\"key\":null,\"value_base64\":\"/wA=\","
                        + "\"headers\":[{\"name\":\"trace\",\"value\":\"abc\"},{\"name\":\"none\",\"value\":null}]}\n");
    }

    @Test
    void bytesThatAreNoTextAreWrittenAsTheyAre() {
        byte[] noText = {(byte) 0xff, (byte) 0xfe, '\r'};

        assertThat(RecordFormat.pattern("é%v\\n", "").show(message(null, noText)))
                .containsExactly(0xc3, 0xa9, 0xff, 0xfe, '\r', '\n');
    }

    private static String text(byte[] shown) {
        return new String(shown, StandardCharsets.UTF_8);
    }

    private static ConsumerRecord<byte[], byte[]> message(byte[] key, byte[] value) {
        var headers = new RecordHeaders();
        headers.add("trace", bytes("abc"));
        headers.add("none", null);
        return new ConsumerRecord<>(
                "orders",
                2,
                41,
                1_700_000_000_000L,
                TimestampType.CREATE_TIME,
                0,
                0,
                key,
                value,
                headers,
                Optional.empty());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
