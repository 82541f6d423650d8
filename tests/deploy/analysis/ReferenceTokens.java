import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;

/** Lines "class TAB text" in; for each a line of Lucene's own tokens out: "position start end token", by tabs. */
public final class ReferenceTokens {
    private ReferenceTokens() {}

    public static void main(String[] arguments) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split("\t", 2);
            var made = new StringBuilder();
            try (var analyzer = (Analyzer) Class.forName(parts[0]).getConstructor().newInstance();
                    TokenStream stream = analyzer.tokenStream("text", parts[1])) {
                var term = stream.addAttribute(CharTermAttribute.class);
                var offset = stream.addAttribute(OffsetAttribute.class);
                var step = stream.addAttribute(PositionIncrementAttribute.class);
                int position = -1;
                stream.reset();
                while (stream.incrementToken()) {
                    position += step.getPositionIncrement();
                    if (made.length() > 0) {
                        made.append('\t');
                    }
                    made.append(position).append(' ').append(offset.startOffset()).append(' ');
                    made.append(offset.endOffset()).append(' ').append(term);
                }
                stream.end();
            }
            out.println(made);
        }
        out.flush();
    }
}
