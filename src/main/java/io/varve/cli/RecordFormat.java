package io.varve.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** How a record is shown. */
@FunctionalInterface
interface RecordFormat {

    /** One record as text, without a line's end of its own unless the format asks for one. */
    String show(ConsumerRecord<byte[], byte[]> message);

    /** One JSON object a line; what is no UTF-8 text is in base64 under a name that ends in {@code _base64}. */
    static RecordFormat json() {
        return message -> {
            var shown = new LinkedHashMap<String, @Nullable Object>();
            shown.put("topic", message.topic());
            shown.put("partition", message.partition());
            shown.put("offset", message.offset());
            shown.put("timestamp", message.timestamp());
            shown.put("timestamp_type", message.timestampType().toString());
            put(shown, "key", message.key());
            put(shown, "value", message.value());
            List<Map<String, @Nullable Object>> headers = new ArrayList<>();
            for (Header header : message.headers()) {
                var one = new LinkedHashMap<String, @Nullable Object>();
                one.put("name", header.key());
                put(one, "value", header.value());
                headers.add(one);
            }
            shown.put("headers", headers);
            return Json.line(shown) + "\n";
        };
    }

    private static void put(Map<String, @Nullable Object> into, String name, byte @Nullable [] bytes) {
        if (bytes == null) {
            into.put(name, null);
            return;
        }
        try {
            into.put(
                    name,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString());
        } catch (CharacterCodingException e) {
            into.put(name + "_base64", Base64.getEncoder().encodeToString(bytes));
        }
    }

    /**
     * A pattern: {@code %t} topic, {@code %p} partition, {@code %o} offset, {@code %T} timestamp in milliseconds, {@code %k} key,
     * {@code %v} value, {@code %h} headers, {@code %%} a percent sign, {@code \n}, {@code \t}.
     *
     * @param nullText shown for a key or value that is null
     * @throws CliException when there is another letter after a percent sign
     */
    static RecordFormat pattern(String pattern, String nullText) {
        String text = pattern.replace("\\n", "\n").replace("\\t", "\t");
        for (int i = text.indexOf('%'); i >= 0; i = text.indexOf('%', i + 2)) {
            if (i + 1 == text.length() || "tpoTkvh%".indexOf(text.charAt(i + 1)) < 0) {
                throw CliException.usage(
                        "--format: '" + text.substring(i) + "' does not start with %t %p %o %T %k %v %h or %%.");
            }
        }
        return message -> {
            var shown = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                shown.append(c == '%' ? field(text.charAt(++i), message, nullText) : String.valueOf(c));
            }
            return shown.toString();
        };
    }

    private static String field(char name, ConsumerRecord<byte[], byte[]> message, String nullText) {
        return switch (name) {
            case 't' -> message.topic();
            case 'p' -> Integer.toString(message.partition());
            case 'o' -> Long.toString(message.offset());
            case 'T' -> Long.toString(message.timestamp());
            case 'k' -> text(message.key(), nullText);
            case 'v' -> text(message.value(), nullText);
            case 'h' -> headers(message, nullText);
            default -> "%";
        };
    }

    private static String headers(ConsumerRecord<byte[], byte[]> message, String nullText) {
        var shown = new ArrayList<String>();
        message.headers().forEach(header -> shown.add(header.key() + "=" + text(header.value(), nullText)));
        return String.join(",", shown);
    }

    private static String text(byte @Nullable [] bytes, String nullText) {
        return bytes == null ? nullText : new String(bytes, StandardCharsets.UTF_8);
    }
}
